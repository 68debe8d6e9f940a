"""NetSuite as the ERP: SuiteTalk REST and SuiteQL over a ledger that keeps double entry."""
