"""CSV files and Excel workbooks for people who use spreadsheets. A cell is what was delivered, never a formula or a link."""
