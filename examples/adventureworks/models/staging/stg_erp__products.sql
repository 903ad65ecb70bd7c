with

products as (

    select * from {{ source('adventureworks', 'product') }}

),

subcategories as (

    select * from {{ source('adventureworks', 'product_subcategory') }}

),

categories as (

    select * from {{ source('adventureworks', 'product_category') }}

),

final as (

    select
        cast(products.ProductID as text) as product_id,
        cast(products.Name as text) as name,
        cast(categories.Name as text) as category,
        cast(subcategories.Name as text) as subcategory,
        cast(products.ListPrice as decimal(18, 2)) as unit_price,
        cast('USD' as text) as currency_code,
        cast(products.ModifiedDate as timestamp) as loaded_at
    from products
    left join subcategories
        on products.ProductSubcategoryID = subcategories.ProductSubcategoryID
    left join categories
        on subcategories.ProductCategoryID = categories.ProductCategoryID

)

select * from final
