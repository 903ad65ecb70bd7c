{% call crm_segmentation.profile(label='Were among the best, lately no more') %}
# lint: ok parts-nobody: a first build has no past yet, so nobody can have left it
any:
  - left: {group: vip_dach, within: 90d}
  - changed: {attribute: rfm_segment, from: Champions, within: 90d}
{% endcall %}
