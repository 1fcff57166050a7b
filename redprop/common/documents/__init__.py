"""Official documents after GB/T 9704-2012: described once in `content`, written as .docx and as PDF.

A page of the portal shows the same description as HTML (`templates/parts/paper.html`), so screen,
Word and PDF never say different things. Nothing here knows what a document is about.
"""

from redprop.common.documents.content import (
    Document,
    Heading,
    Paragraph,
    People,
    Picture,
    Signatures,
    SignedBy,
    Table,
    layer_number,
)
from redprop.common.documents.pdf import as_pdf
from redprop.common.documents.word import as_docx

__all__ = [
    "Document",
    "Heading",
    "Paragraph",
    "People",
    "Picture",
    "Signatures",
    "SignedBy",
    "Table",
    "as_docx",
    "as_pdf",
    "layer_number",
]
