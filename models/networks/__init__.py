"""Networks: layers and configurations, without training."""
