"""What the pages of the study share: parameters, records, claims, figures, widgets."""
