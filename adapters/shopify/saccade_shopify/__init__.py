"""Shopify as a Saccade adapter: what Shopify is; its storefront side lies in the folder above."""
