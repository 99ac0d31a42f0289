"""What templates may show: every field of a page's context is documented, used, and the only thing that is there."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields, is_dataclass

import pytest
from jinja2 import meta, nodes

from harborlight.web import (
    context,
    context_areas,
    context_community,
    context_compare,
    context_drawings,
    context_goals,
    context_groups,
    context_history,
    context_how,
    context_map,
    context_outcomes,
    context_records,
    context_rules,
    context_strategies,
    context_trend,
)
from harborlight.web.respond import ENVIRONMENT

MODULES = (
    context, context_areas, context_community, context_compare, context_drawings, context_goals, context_groups, context_history, context_how, context_map,
    context_outcomes, context_records, context_rules, context_strategies, context_trend,
)  # fmt: skip
# Names under which templates import the shared components.
SHARED = ("parts", "cards", "places", "views", "windows", "history", "groups", "promises", "community", "strategies", "outcomes", "records")
CONTEXTS = {
    name: item
    for module in MODULES
    for name, item in vars(module).items()
    if is_dataclass(item) and isinstance(item, type) and item.__module__ == module.__name__
}
TEMPLATES = {
    "overview.html": context.OverviewPage, "metrics.html": context.MeasuresPage, "metric.html": context.MetricPage, "data.html": context.DataPage,
    "table.html": context.TablePage, "methods.html": context.MethodsPage, "status.html": context.StatusPage, "changes.html": context_history.ChangesPage,
    "corrections.html": context.CorrectionsPage, "text.html": context.TextPage, "api.html": context.ApiPage, "error.html": context.ErrorPage,
    "areas.html": context_areas.AreasPage, "layer.html": context_areas.LayerPage, "area.html": context_areas.AreaPage,
    "compare.html": context_areas.ComparePage, "map.html": context_map.MapPage, "map_point.html": context_map.PointPage,
    "how.html": context_how.HowPage, "demographics.html": context_groups.DemographicsPage,
    "partner_violence.html": context_groups.PartnerViolencePage, "goals.html": context_goals.GoalsPage, "goal.html": context_goals.GoalPage,
    "community.html": context_community.CommunityPage,
    "community_site.html": context_community.SitePage, "firearms.html": context_community.FirearmsPage,
    "look_up.html": context_records.LookUpPage, "miss.html": context_records.MissPage, "case.html": context_records.CasePage,
    "report.html": context_records.ReportPage,
    "strategies.html": context_strategies.StrategiesPage, "strategy.html": context_strategies.StrategyPage,
    "outcomes.html": context_outcomes.OutcomesPage,
}  # fmt: skip


def attributes(template: str, name: str) -> set[str]:
    source, _, _ = ENVIRONMENT.loader.get_source(ENVIRONMENT, template)  # type: ignore[union-attr]
    tree = ENVIRONMENT.parse(source)
    return {n.attr for n in tree.find_all(nodes.Getattr) if isinstance(n.node, nodes.Name) and n.node.name == name}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_shows_its_context_and_nothing_else(template: str) -> None:
    names = {f.name for f in fields(TEMPLATES[template])}
    assert attributes(template, "page") == names - ({"id"} if template == "metric.html" else set())
    source, _, _ = ENVIRONMENT.loader.get_source(ENVIRONMENT, template)  # type: ignore[union-attr]
    tree = ENVIRONMENT.parse(source)
    macros = {macro.name for macro in tree.find_all(nodes.Macro)}
    assert meta.find_undeclared_variables(tree) - macros <= {"page", "site", "t", "asset", *SHARED}


def test_the_shell_shows_every_field_of_the_site() -> None:
    used = attributes("base.html", "site") | attributes("error.html", "site")
    assert used == {f.name for f in fields(context.Site)} - {"city", "place"}


def test_every_page_template_has_a_context() -> None:
    pages = {t for t in ENVIRONMENT.list_templates(extensions=["html"]) if "/" not in t} - {"base.html"}
    assert pages == set(TEMPLATES)


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_field_says_what_it_is(name: str) -> None:
    lines = inspect.getsource(CONTEXTS[name]).splitlines()
    tree = ast.parse("\n".join(lines)).body[0]
    assert isinstance(tree, ast.ClassDef)
    for field in tree.body:
        if isinstance(field, ast.AnnAssign):
            assert re.search(r"  # [a-zA-Z0-9].{3,}", lines[field.lineno - 1]), lines[field.lineno - 1]
    assert CONTEXTS[name].__dataclass_params__.frozen
