/** @file Schemas of an OpenAPI document, in words. */

/**
 * @typedef {Record<string, any>} Schema
 * @typedef {{name: string, in: string, required?: boolean, description?: string, schema: Schema}} Parameter
 * @typedef {{tags?: string[], summary?: string, description?: string, parameters?: Parameter[], requestBody?: {content: Record<string, {schema?: Schema, examples?: Record<string, {value: unknown, summary?: string}>}>}, responses: Record<string, {description: string, content?: Record<string, {schema?: Schema}>}>}} Operation
 * @typedef {{info: {title: string, version: string, summary?: string}, paths: Record<string, Record<string, Operation>>, components: {schemas: Record<string, Schema>}}} Document
 */

/** The schema that a reference stands for; none allows anything. @param {Schema | undefined} schema @param {Document} api @returns {Schema} */
export function resolve(schema, api) {
  if (!schema) return {};
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? "")?.[1];
  return name ? resolve(api.components.schemas[name], api) : schema;
}

/** What values a schema allows, in a few words. @param {Schema} schema @param {Document} api @param {number} [depth] @returns {string} */
export function inWords(schema, api, depth = 0) {
  const plain = resolve(schema, api);
  if (plain.const !== undefined) return JSON.stringify(plain.const);
  if (plain.enum) return plain.enum.map((/** @type {unknown} */ one) => JSON.stringify(one)).join(" | ");
  const either = plain.anyOf ?? plain.oneOf;
  if (either)
    return [...new Set(either.map((/** @type {Schema} */ one) => inWords(one, api, depth)))].join(" | ");
  if (plain.type === "array")
    return depth > 3 ? "[…]" : `[${plain.items ? inWords(plain.items, api, depth + 1) : ""}]`;
  if (plain.type === "string" && plain.format === "binary") return "file";
  return plain.type ?? (plain.properties ? "object" : "any");
}

/** The members of an object's schema. @param {Schema | undefined} schema @param {Document} api @returns {{name: string, schema: Schema, isRequired: boolean}[]} */
export function members(schema, api) {
  const plain = resolve(schema, api);
  return Object.entries(plain.properties ?? {}).map(([name, member]) => ({
    name,
    schema: member,
    isRequired: plain.required?.includes(name) ?? false,
  }));
}
