"""What may be shown of a single record, and which records may never be shown again."""
