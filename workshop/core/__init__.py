"""What every lesson shares: data, the training loop, devices, settings, results. Knows no lesson."""
