"""Words that name a shop's things in six languages, as the one word inference knows them by.

German, Dutch, French, Spanish, Italian and Portuguese: interfaces made for one country are often
named in its language. Compounds are told apart where every part is known (``lager|bestand``).
"""

from collections.abc import Mapping, Sequence

_MEANS: Mapping[str, str] = {
    "product": "artikel produkt ware produit article producto articulo prodotto articolo produto",
    "products": "produkte waren artikelen produkten producten produits productos articulos "
    "prodotti articoli produtos artigos",
    "name": "bezeichnung benennung naam nom libelle designation nombre denominacion nome "
    "denominazione",
    "title": "titel titre titulo titolo",
    "price": "preis verkaufspreis einzelpreis endpreis prijs prix tarif precio prezzo preco",
    "currency": "waehrung wahrung valuta devise monnaie moneda divisa moeda",
    "stock": "bestand lager vorrat voorraad existencias inventario giacenza estoque",
    "available": "verfuegbar verfugbar lieferbar beschikbaar disponible disponibile disponivel",
    "availability": "verfuegbarkeit verfugbarkeit disponibilite disponibilidad disponibilita",
    "quantity": "menge stueck stuck hoeveelheid aantal quantite cantidad quantita quantidade",
    "category": "kategorie rubrik warengruppe sortiment categorie rayon categoria rubro",
    "categories": "kategorien rubriken warengruppen sortimente rayons categorias",
    "group": "gruppe groep groupe grupo gruppo",
    "groups": "gruppen groepen groupes grupos gruppi",
    "number": "nummer nr num numero",
    "id": "kennung identificativo identifiant identificador",
    "code": "schluessel schlussel codigo codice",
    "reference": "referenz referentie referencia riferimento",
    "order": "bestellung bestell auftrag bestelling commande pedido ordine encomenda",
    "orders": "bestellungen auftraege auftrage bestellingen commandes pedidos ordini encomendas",
    "purchase": "kauf einkauf achat compra acquisto aankoop",
    "checkout": "kasse afrekenen caisse",
    "cart": "warenkorb korb einkaufswagen winkelwagen winkelmand panier carrito cesta carrello "
    "carrinho",
    "carts": "warenkoerbe warenkorbe winkelwagens paniers carritos carrelli carrinhos",
    "line": "position posten zeile regel ligne linea linha",
    "lines": "positionen zeilen regels lignes lineas righe linhas",
    "item": "eintrag",
    "items": "eintraege eintrage",
    "total": "gesamt gesamte summe totaal somme",
    "amount": "betrag bedrag montant importe importo valor",
    "value": "wert waarde valeur",
    "cost": "kosten gebuehr gebuhr frais costo gastos spese custo",
    "gross": "brutto bruto brut lordo ttc",
    "net": "netto neto",
    "incl": "inkl inklusive",
    "excl": "exkl zzgl",
    "tax": "steuer mehrwertsteuer umsatzsteuer mwst ust belasting btw tva taxe impuesto iva "
    "imposta imposto",
    "rate": "satz taux tasa aliquota taxa",
    "shipping": "versand liefer lieferung verzending livraison expedition envio spedizione entrega",
    "discount": "rabatt nachlass gutschein korting remise descuento sconto desconto",
    "regular": "uvp listenpreis",
    "old": "alter ancien antiguo vecchio",
    "weight": "gewicht poids peso",
    "min": "mindest mindeste minimum minimo",
    "max": "hoechst maximum massimo maximo",
    "customer": "kunde kunden klant client cliente clientes",
    "customers": "klanten clients clienti",
    "brand": "marke hersteller merk marque fabricant marca fabricante",
    "vendor": "lieferant haendler handler leverancier fournisseur proveedor fornitore fornecedor",
    "reviews": "bewertungen beoordelingen avis opiniones recensioni avaliacoes",
    "shop": "filiale filialen laden winkel magasin boutique tienda negozio loja",
    "address": "anschrift adresse direccion indirizzo endereco",
    "short": "kurz court corto breve",
    "text": "beschreibung omschrijving texte texto testo",
    "page": "seite pagina",
    "pages": "seiten paginas pagine",
    "count": "anzahl nombretotal conteo",
    "hits": "treffer ergebnisse resultats resultados risultati",
    "size": "groesse grosse taille tamano dimensione tamanho grootte",
    "next": "naechste nachste weiter volgende suivant suivante siguiente prossimo proximo",
    "image": "bild afbeelding imagen immagine imagem",
    "date": "datum fecha",
}
_ENGLISH: Mapping[str, str] = {
    word: english for english, several in _MEANS.items() for word in several.split()
}
_SHORTEST_PART = 2
_LINKS = ("", "s", "n", "en")
"""What stands between the parts of a compound."""


def in_english(word: str) -> Sequence[str]:
    """What a word of a name means; the word itself where nobody told."""
    found = _ENGLISH.get(word)
    return [found] if found else _parts(word) or [word]


def _parts(word: str) -> Sequence[str]:
    """The meanings of a compound's two parts, the longest beginning that is known first."""
    for at in range(len(word) - _SHORTEST_PART, _SHORTEST_PART, -1):
        head = _ENGLISH.get(word[:at])
        for link in _LINKS if head else ():
            rest = word[at:].removeprefix(link) if word[at:].startswith(link) else ""
            tail = _ENGLISH.get(rest)
            if head and tail:
                return [head, tail]
    return []
