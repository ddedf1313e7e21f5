"""What several lessons draw: style and colours, plots, diagrams, animations."""
