missing: object
