"""Shapes of what comes in and goes out: Twilio's form, the API's JSON."""
