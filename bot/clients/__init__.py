"""Outside services: Twilio, the language model, the bundled database server."""
