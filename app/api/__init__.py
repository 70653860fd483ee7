"""The API under /api/v1: the slices' blueprints, the routes that join slices, and its OpenAPI document."""

from __future__ import annotations

from flask import Flask

from app.api import app_version, customer_files, docs, health, live, me
from app.api.spec import HuifangApi
from app.careplans import lapsed_routes as lapsed
from app.careplans import plan_routes
from app.careplans import run_routes as care_runs
from app.complaints import routes as complaints
from app.customers import hand_over_routes as hand_overs
from app.customers import member_routes as members
from app.customers import merge_routes as merging
from app.customers import routes as customers
from app.imports import routes as imports
from app.messaging import conversation_routes, country_routes, webhooks
from app.messaging import routes as messaging
from app.people import routes as people
from app.points import routes as points
from app.purchases import intake_routes as intakes
from app.purchases import routes as purchases
from app.purchases import stock_routes as stock
from app.purchases import tier_routes as tiers
from app.reports import export_routes as exports
from app.reports import promotion_routes as promotions
from app.reports import proof_routes as proofs
from app.reports import revenue_routes as revenue
from app.reports import routes as reports
from app.tasks import routes as tasks

PREFIX = "/api/v1"


def init_api(app: Flask) -> None:
    """Register every route of the API, Twilio's webhooks, the health routes and the live stream."""
    api = HuifangApi(app)
    talk_routes = (messaging, conversation_routes, country_routes)
    for slice_routes in (
        people,
        me,
        customers,
        members,
        customer_files,
        purchases,
        stock,
        intakes,
        tiers,
        lapsed,
        plan_routes,
        care_runs,
        tasks,
        complaints,
        imports,
        *talk_routes,
        points,
        reports,
        revenue,
        promotions,
        proofs,
        exports,
        merging,
        hand_overs,
    ):
        api.register_blueprint(slice_routes.blp, url_prefix=PREFIX)
    app.extensions["huifang_api_parts"] = api.parts
    app.before_request(app_version.turn_away_strangers)
    for blueprint in (webhooks.twilio, webhooks.carriers, health.blueprint, live.blueprint, docs.blueprint):
        app.register_blueprint(blueprint)
