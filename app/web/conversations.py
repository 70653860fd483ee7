from app.people.access import Role
from app.people.auth import requires
from app.web.pages import page, web


@web.get("/conversations")
@requires(Role.SUPERVISOR, Role.HEAD_OFFICE)
def conversations() -> str:
    return page("_flashes.html")


@web.get("/office/templates")
@requires(Role.SUPERVISOR, Role.HEAD_OFFICE)
def office_templates() -> str:
    return page("_flashes.html")


@web.get("/sandbox")
@requires(Role.SUPERVISOR, Role.HEAD_OFFICE)
def sandbox() -> str:
    return page("_flashes.html")
