"""Read-only questions that join slices, for pages and API alike."""
