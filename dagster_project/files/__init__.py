"""What a file is: formats, compression, archives, encodings; and landing/, where it is kept."""
