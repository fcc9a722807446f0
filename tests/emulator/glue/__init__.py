"""Glue: jobs that really run, crawlers that add the partitions which the storage shows, pages of partitions."""
