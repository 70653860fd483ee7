"""Who we look after: the customer's file, the household, the owner, the notes, consent and the contact ledger."""
