def kind_of(document):  # the bug: "invoce"
    return "invoce" if document["total"] else "letter"
