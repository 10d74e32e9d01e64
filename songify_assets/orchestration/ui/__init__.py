"""What people see on an asset's page: pictures, columns, previews."""
