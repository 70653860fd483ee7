"""The words of a customer's file: optional fields, members, the story's kinds, and what the log of readings says."""

from app.core.i18n import N_

OCCUPATIONS = {
    "office": N_("Office work"),
    "manager": N_("Leading others"),
    "self_employed": N_("Own business"),
    "service": N_("Hospitality and service"),
    "sales": N_("Sales"),
    "trade": N_("Craft and building"),
    "driver": N_("Driving and delivery"),
    "health": N_("Nursing and care"),
    "education": N_("Teaching"),
    "public_service": N_("Public service"),
    "creative": N_("Art and media"),
    "student": N_("Studying"),
    "homemaker": N_("Running the home"),
    "retired": N_("Retired"),
    "other": N_("Other"),
}
INDUSTRIES = {
    "manufacturing": N_("Manufacturing"),
    "construction": N_("Construction"),
    "retail": N_("Retail and trade"),
    "catering": N_("Food and hotels"),
    "transport": N_("Transport"),
    "finance": N_("Finance and insurance"),
    "property": N_("Property"),
    "technology": N_("Technology"),
    "media": N_("Media and culture"),
    "education": N_("Education"),
    "health": N_("Health care"),
    "public": N_("Public sector"),
    "agriculture": N_("Farming and fishing"),
    "services": N_("Other services"),
    "other": N_("Other"),
}
INCOME_BANDS = {
    "under_10k": N_("below 10,000 a month"),
    "10k_to_20k": N_("10,000 to 20,000 a month"),
    "20k_to_40k": N_("20,000 to 40,000 a month"),
    "40k_to_80k": N_("40,000 to 80,000 a month"),
    "over_80k": N_("above 80,000 a month"),
}
OPTIONAL_FIELDS = {
    "occupation": N_("Occupation"),
    "industry": N_("Industry"),
    "income_band": N_("Income"),
}
OPTIONAL_WORDS = {"occupation": OCCUPATIONS, "industry": INDUSTRIES, "income_band": INCOME_BANDS}

RELATIONS = {
    "baby": N_("Baby"),
    "child": N_("Child"),
    "partner": N_("Partner"),
    "parent": N_("Parent"),
    "other": N_("Other"),
}
GUARDIAN_CHANNELS = {
    "in_person": N_("in person"),
    "paper": N_("on paper"),
    "phone": N_("by phone"),
    "sms": N_("by text message"),
    "page": N_("on the customer page"),
}

STORY_KINDS = {
    "purchase": N_("Purchases"),
    "task": N_("Visits and calls"),
    "message": N_("Messages"),
    "complaint": N_("Complaints"),
    "note": N_("Notes"),
    "file": N_("Consent and familiar face"),
    "care": N_("Care that was left out"),
}

LOG_KINDS = {"": N_("Everything"), "read": N_("Readings"), "change": N_("Changes"), "export": N_("Exports")}
LOG_ACTIONS = {
    "customer.read": N_("opened the file"),
    "customer.timeline": N_("read the timeline"),
    "customer.carried": N_("got number and address on the phone, with a task"),
    "customer.reads": N_("looked who read the file"),
    "customer.export": N_("exported the file"),
    "customer.create": N_("opened a new file"),
    "customer.update": N_("changed the file"),
    "customer.note": N_("wrote a note"),
    "customer.consent": N_("recorded what the customer said"),
    "customer.access_notes": N_("changed what helps at the door"),
    "customer.join_household": N_("put the customer into a household"),
    "customer.leave_household": N_("gave the customer a household of his own"),
    "customer.clear_phone_fault": N_("found the number in order"),
    "customer.link": N_("showed the customer page"),
    "household.update": N_("changed the household"),
    "member.create": N_("added a member of the household"),
    "member.update": N_("changed a member of the household"),
    "member.consent": N_("recorded a guardian’s consent"),
    "member.withdraw": N_("recorded that a guardian took the consent back"),
    "member.remove": N_("removed a member of the household"),
    "member.purpose_ended": N_("deleted the name and birth date of a child: their purpose had ended"),
}
FIELD_WORDS = {
    "name": N_("name"),
    "phone": N_("phone"),
    "store_id": N_("store"),
    "owner_id": N_("familiar face"),
    "locale": N_("language"),
    "dialect": N_("dialect"),
    "gender": N_("gender"),
    "birthday": N_("birthday"),
    "birth_date": N_("birth date"),
    "relation": N_("relation"),
    "address": N_("address"),
    "district": N_("district"),
    "lat": N_("place on the map"),
    "lng": N_("place on the map"),
    "tags": N_("tags"),
    "preferences": N_("preferences"),
    "access_notes": N_("at the door"),
    "sizes": N_("sizes"),
    "occupation": N_("occupation"),
    "industry": N_("industry"),
    "income_band": N_("income"),
}
