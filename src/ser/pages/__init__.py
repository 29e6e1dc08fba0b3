"""What pages are built of: markup, charts and a style sheet, so that a page needs nothing but itself."""
