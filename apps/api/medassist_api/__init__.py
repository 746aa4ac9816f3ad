"""The tele-consultation API of MedAssist: payments, health, metrics and the alert webhook."""
