"""Customer segmentation for CRM: fits, the demo company and tools of the dbt project."""
