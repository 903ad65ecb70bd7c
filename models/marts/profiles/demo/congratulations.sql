{% call crm_segmentation.profile(label='Birthday or anniversary within two weeks') %}
all:
  - order_count_all: {gte: 1}
  - any:
      - birth_date: {anniversary_in_next: 14d}
      - all:
          - account_opened_on: {anniversary_in_next: 14d}
          - account_opened_on: {older_than: 11m}
{% endcall %}
