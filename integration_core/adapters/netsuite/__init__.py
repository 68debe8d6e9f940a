"""NetSuite as the ERP: masters, invoices and periods in, customers, projects and documents out (wire 4.3)."""
