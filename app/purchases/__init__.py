"""Products, purchases, and what follows from them: habits, tiers, referrals."""

from app.purchases import tier_models  # noqa: F401  the tables are known before anybody asks for them
