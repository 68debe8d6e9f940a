"""The reference subject: joins CRM, PSA, HRIS and ERP through nothing but the vendors' own APIs."""
