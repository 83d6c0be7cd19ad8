"""Models whose fields the OpenAPI document describes by the docstrings under them."""

import ast
import inspect
import sys
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Described(BaseModel):
    """
    A model that stands in its module, not in another class or a function.

    What pydantic has for it, ``use_attribute_docstrings``, reads the source when a class is made: 55 ms of
    a start for all of them. Here it is read when a schema is asked for.
    """

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Describe the model, and each field by its docstring unless it has a description."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        told = {name: text for base in reversed(cls.__mro__) for name, text in _docstrings_of(base).items()}
        for name, field in cls.model_fields.items():
            if name in told and field.description is None:
                properties[field.alias or name]["description"] = told[name]
        return schema


def _docstrings_of(kind: type) -> Mapping[str, str]:
    is_one = issubclass(kind, Described) and kind is not Described
    return _docstrings(kind.__module__).get(kind.__name__, {}) if is_one else {}


@cache
def _docstrings(module: str) -> Mapping[str, Mapping[str, str]]:
    """Give the docstrings of fields, by class and name."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {kind.name: _under_fields(kind) for kind in tree.body if isinstance(kind, ast.ClassDef)}


def _under_fields(kind: ast.ClassDef) -> dict[str, str]:
    found = {}
    for statement, following in pairwise(kind.body):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
    return found
