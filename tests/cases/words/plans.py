"""Price plans that follow one another."""

from tests.cases.draft import SERVICE, Draft, PlanDraft
from tests.cases.fields import Fields, each
from tests.cases.words.prices import price_row


def plans(draft: Draft, given: Fields) -> None:
    """`plans`: each with its time and price; the new one has its first day."""
    draft.plans, draft.services = [], []
    for number, plan in enumerate(each(given.take("plans"), "given.plans"), start=1):
        if "price" in plan:
            row = price_row(draft, Fields(plan.take("price"), f"{plan.path}.price"), draft.unit)
        else:
            row = {"per_unit": {"amounts": {draft.unit: plan.take("unit_amount")}}}
        name = f"plan-{number}"
        draft.plans.append(PlanDraft(name, [row]))
        assigned = {"service": SERVICE, "price_plan": name}
        for case_word, word in (("from", "from"), ("to", "until")):
            if case_word in plan:
                assigned[word] = plan.take(case_word)
        draft.services.append(assigned)
        plan.done()
