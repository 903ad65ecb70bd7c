"""Customer segmentation for CRM: fitting functions, the demo company and tools of the dbt project."""
