"""Shapes of the imports API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.core.paging import PageArgs
from app.core.schemas import Input, View, page_schema
from app.imports.kinds import KINDS
from app.imports.models import State, Step


class HandInArgs(Input):
    dry_run = fields.Boolean(
        load_default=True, metadata={"description": "check only; false imports the good rows at once"}
    )
    all_or_nothing = fields.Boolean(load_default=False, metadata={"description": "import nothing if a row is wrong"})
    name = fields.String(
        load_default="", validate=validate.Length(max=200), metadata={"description": "the file's name"}
    )
    store_id = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=2**31 - 1),
        metadata={"description": "where rows belong that name no store"},
    )


class ChooseColumns(Input):
    mapping = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        values=fields.Integer(validate=validate.Range(min=0, max=500)),
        required=True,
        metadata={"description": "our column -> place in the file's header, from 0"},
    )


class StartImport(Input):
    all_or_nothing = fields.Boolean(load_default=False)


class ImportArgs(PageArgs):
    kind = fields.String(validate=validate.OneOf(list(KINDS)))


class ReportArgs(Input):
    format = fields.String(load_default="xlsx", validate=validate.OneOf(["csv", "xlsx"]))


class TableView(View):
    kind = fields.String(metadata={"description": "csv or xlsx"})
    encoding = fields.String()
    delimiter = fields.String()
    sheet = fields.String()
    header = fields.List(fields.String())
    sample = fields.List(fields.List(fields.String()))


class ImportCountsView(View):
    new = fields.Integer()
    changed = fields.Integer()
    same = fields.Integer()
    wrong = fields.Integer()
    undone = fields.Integer(metadata={"description": "rows taken back"})
    kept = fields.Integer(metadata={"description": "rows that had to stay when it was undone"})


class ImportFaultView(View):
    code = fields.String()
    message = fields.String()


class ImportView(View):
    id = fields.Integer()
    kind = fields.String(validate=validate.OneOf(list(KINDS)))
    file_name = fields.String()
    state = fields.String(validate=validate.OneOf([state.value for state in State]))
    step = fields.String(validate=validate.OneOf([step.value for step in Step]))
    percent = fields.Integer(metadata={"description": "of the step it is at"})
    rows = fields.Integer()
    counts = fields.Nested(ImportCountsView)
    table = fields.Nested(TableView, allow_none=True)
    mapping = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)
    all_or_nothing = fields.Boolean()
    store_id = fields.Integer(allow_none=True)
    fault = fields.Nested(ImportFaultView, allow_none=True)
    can_undo = fields.Boolean()
    created_by_id = fields.Integer()
    created_at = fields.AwareDateTime()
    started_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)
    undone_at = fields.AwareDateTime(allow_none=True)


ImportPage = page_schema(ImportView)


class RowFaultView(View):
    row = fields.Integer(metadata={"description": "as the spreadsheet counts, from 1"})
    column = fields.String()
    column_title = fields.String(metadata={"description": "its title in the file"})
    value = fields.String()
    code = fields.String()
    problem = fields.String()
    cure = fields.String()


RowFaultPage = page_schema(RowFaultView)


class ImportColumnView(View):
    key = fields.String()
    label = fields.String()
    help = fields.String()
    is_required = fields.Boolean()
    names = fields.List(fields.String(), metadata={"description": "titles under which it is found by itself"})


class ImportKindView(View):
    key = fields.String()
    title = fields.String()
    columns = fields.List(fields.Nested(ImportColumnView))


class ImportKindsView(View):
    items = fields.List(fields.Nested(ImportKindView))
