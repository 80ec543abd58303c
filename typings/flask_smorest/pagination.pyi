from marshmallow import Schema

class PaginationMetadataSchema(Schema): ...

class PaginationParameters:
    item_count: int
    @property
    def first_item(self) -> int: ...
    @property
    def page_size(self) -> int: ...
