-- What was counted of an invoice's range when it was closed: `plixa verify-billing` holds against it what it counts anew.
alter table billing_periods add column sums json;
