/** @file Schemas of an OpenAPI document, in words. */

/** Names that are listed one by one, where a list of them may stand as well. */
const FEW = 4;

/**
 * @typedef {Record<string, any>} Schema
 * @typedef {{name: string, in: string, required?: boolean, description?: string, schema?: Schema, content?: Record<string, {schema: Schema}>}} Parameter
 * @typedef {{tags?: string[], summary?: string, description?: string, parameters?: Parameter[], requestBody?: {content: Record<string, {schema?: Schema, examples?: Record<string, {value: unknown, summary?: string}>}>}, responses: Record<string, {description: string, content?: Record<string, {schema?: Schema}>}>}} Operation
 * @typedef {{info: {title: string, version: string, summary?: string, description?: string}, paths: Record<string, Record<string, Operation>>, components: {schemas: Record<string, Schema>}}} Document
 */

/** The schema that a reference stands for; none allows anything. @param {Schema | undefined} schema @param {Document} api @returns {Schema} */
export function resolve(schema, api) {
  if (!schema) return {};
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? "")?.[1];
  return name ? resolve(api.components.schemas[name], api) : schema;
}

/** What a parameter may be: one that is written as JSON tells it by the content. @param {Parameter} parameter @returns {Schema} */
export function schemaOf(parameter) {
  return parameter.schema ?? parameter.content?.["application/json"]?.schema ?? {};
}

/** The choices that a schema has, null left out: who means it leaves the member out. @param {Schema} schema @param {Document} api @returns {Schema[]} */
export function choices(schema, api) {
  const plain = resolve(schema, api);
  /** @type {Schema[]} */
  const either = plain.anyOf ?? plain.oneOf ?? [plain];
  return either.map((one) => resolve(one, api)).filter((one) => one.type !== "null");
}

/** What values a schema allows, in a few words. @param {Schema} schema @param {Document} api @param {number} [depth] @returns {string} */
export function inWords(schema, api, depth = 0) {
  const plain = resolve(schema, api);
  if (plain.const !== undefined) return JSON.stringify(plain.const);
  if (plain.enum && depth && plain.enum.length > FEW) return plain.type;
  if (plain.enum) return plain.enum.map((/** @type {unknown} */ one) => JSON.stringify(one)).join(" | ");
  const either = plain.anyOf ?? plain.oneOf;
  if (either)
    return [...new Set(either.map((/** @type {Schema} */ one) => inWords(one, api, depth)))].join(" | ");
  if (plain.type === "array")
    return depth > 3 || !isTold(plain.items, api) ? "list" : `[${inWords(plain.items, api, depth + 1)}]`;
  if (plain.type === "string" && plain.format === "binary") return "file";
  return plain.type ?? (plain.properties ? "object" : "JSON");
}

/** Whether a schema says anything. @param {Schema | undefined} schema @param {Document} api */
function isTold(schema, api) {
  return Object.keys(resolve(schema, api)).length > 0;
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
