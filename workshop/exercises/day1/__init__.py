"""The exercises of Day 1, a module per lesson."""
