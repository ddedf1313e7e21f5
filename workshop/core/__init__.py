"""What every lesson shares: data, the training loop, devices, figures. Knows no lesson."""
