"""The data of the demo shop: products, locations, staff, customers and postcodes. All of it is made up."""

from __future__ import annotations

# category: (product, price in rupiah). Product names get one of BRANDS in turn.
PRODUCTS: dict[str, list[tuple[str, int]]] = {
    "Kopi & Teh": [
        *(("Kopi tubruk 165 g", 14_500), ("Kopi susu saset isi 10", 16_000), ("Kopi robusta biji 250 g", 48_000)),
        *(("Kopi arabika bubuk 200 g", 62_500), ("Teh melati celup isi 25", 8_900), ("Teh hitam seduh 100 g", 12_000)),
        *(("Teh hijau celup isi 20", 17_500), ("Jahe merah saset isi 5", 11_000), ("Cokelat bubuk 250 g", 34_000)),
        *(("Saringan kopi kain", 9_500),),
    ],
    "Camilan": [
        *(("Keripik singkong balado 180 g", 15_500), ("Keripik tempe 200 g", 18_000), ("Kacang bawang 250 g", 21_000)),
        *(("Kerupuk udang mentah 500 g", 32_000), ("Biskuit kelapa 300 g", 13_500), ("Wafer cokelat kaleng", 29_500)),
        *(("Emping melinjo 250 g", 38_000), ("Stik keju 150 g", 16_500), ("Dodol nanas 300 g", 24_000)),
        *(("Kue kering nastar 400 g", 68_000),),
    ],
    "Bumbu & Dapur": [
        *(("Kecap manis 520 ml", 22_500), ("Sambal bajak 200 g", 19_500), ("Terasi bakar 100 g", 12_500)),
        *(("Minyak goreng 1 l", 18_500), ("Minyak goreng 2 l", 36_000), ("Gula pasir 1 kg", 17_000)),
        *(("Gula aren 500 g", 26_000), ("Garam halus 500 g", 6_500), ("Bumbu rawon isi 6", 23_000)),
        *(("Santan kental 200 ml", 9_000),),
    ],
    "Beras & Mi": [
        *(("Beras pandan 5 kg", 76_500), ("Beras merah 2 kg", 45_000), ("Beras ketan 1 kg", 19_000)),
        *(("Mi telur keriting 200 g", 7_500), ("Bihun jagung 350 g", 9_900), ("Mi goreng isi 5", 15_000)),
        *(("Tepung terigu 1 kg", 13_000), ("Tepung beras 500 g", 8_500), ("Sagu mutiara 250 g", 10_500)),
        *(("Soun 250 g", 12_000),),
    ],
    "Minuman": [
        *(("Air mineral 600 ml isi 24", 48_000), ("Air mineral galon", 21_000), ("Sirop markisa 630 ml", 27_500)),
        *(("Sirop cocopandan 460 ml", 23_000), ("Susu kental manis 370 g", 13_500), ("Susu UHT 1 l", 19_500)),
        *(("Jus jambu 1 l", 25_000), ("Minuman kelapa 330 ml isi 6", 42_000), ("Limun serai 250 ml", 9_000)),
        *(("Wedang uwuh isi 10", 35_000),),
    ],
    "Rumah Tangga": [
        *(("Sabun cuci piring 800 ml", 15_500), ("Deterjen bubuk 800 g", 21_500), ("Sabun batang isi 4", 14_000)),
        *(("Sampo 170 ml", 24_500), ("Pasta gigi 190 g", 15_000), ("Tisu wajah 250 lembar", 12_500)),
        *(("Lampu LED 9 watt", 32_000), ("Baterai AA isi 4", 18_500), ("Rantang susun tiga", 145_000)),
        *(("Kompor gas satu tungku", 265_000),),
    ],
}
# Weights in grams of the products whose names state none.
GRAMS = {
    "Kopi susu saset isi 10": 250,
    "Teh melati celup isi 25": 50,
    "Teh hijau celup isi 20": 40,
    "Jahe merah saset isi 5": 125,
    "Saringan kopi kain": 60,
    "Wafer cokelat kaleng": 350,
    "Bumbu rawon isi 6": 270,
    "Mi goreng isi 5": 425,
    "Air mineral galon": 19_000,
    "Wedang uwuh isi 10": 300,
    "Sabun batang isi 4": 340,
    "Tisu wajah 250 lembar": 280,
    "Lampu LED 9 watt": 70,
    "Baterai AA isi 4": 95,
    "Rantang susun tiga": 900,
    "Kompor gas satu tungku": 2_800,
}
BRANDS = ("Cap Perahu", "Melati Ibu", "Sumber Arum", "Tiga Dara", "Kampung Kita", "Raja Rasa")
SCARCE_EVERY = 5  # every fifth product has less than 20 units in total

# id, kind, name, latitude, longitude, address
LOCATIONS = [
    ("wh-surabaya", "warehouse", "Gudang Rungkut", -7.3312, 112.7683, "Jl. Rungkut Industri 12, Surabaya"),
    ("wh-sidoarjo", "warehouse", "Gudang Sidoarjo", -7.4466, 112.7181, "Jl. Lingkar Timur 88, Sidoarjo"),
    ("store-tunjungan", "store", "Toko Tunjungan", -7.2622, 112.7385, "Jl. Tunjungan 41, Surabaya"),
    ("store-darmo", "store", "Toko Darmo", -7.2893, 112.7389, "Jl. Raya Darmo 67, Surabaya"),
    ("store-kenjeran", "store", "Toko Kenjeran", -7.2479, 112.7850, "Jl. Kenjeran 230, Surabaya"),
]
STORE_HOURS = "09.00-21.00"
SHOP_PHONE = "+6281252000104"  # of the agent, who takes orders by phone
# name, full name, position of the van: around the city, some close to each other
SALESMEN = [
    ("Budi", "Budi Santoso", -7.2755, 112.7350),
    ("Agus", "Agus Prasetyo", -7.2660, 112.7580),
    ("Dewi", "Dewi Lestari", -7.2890, 112.7620),
    ("Eko", "Eko Wibowo", -7.3170, 112.7280),
    ("Fitri", "Fitri Handayani", -7.2420, 112.7400),
    ("Hadi", "Hadi Kusuma", -7.2860, 112.6870),
    ("Indah", "Indah Permata", -7.3320, 112.7920),
    ("Joko", "Joko Susilo", -7.4480, 112.7150),
]
# id, name, role, location
OFFICE_STAFF = [
    ("owner-ratna", "Ratna Wijaya", "owner", ""),
    ("cashier-tini", "Tini Rahayu", "cashier", "store-tunjungan"),
    ("cashier-wawan", "Wawan Hermawan", "cashier", "store-darmo"),
    ("cashier-nining", "Nining Astuti", "cashier", "store-kenjeran"),
    ("agent-lina", "Lina Marlina", "agent", ""),
    ("warehouse-yanto", "Yanto Suryadi", "warehouse", "wh-surabaya"),
    ("warehouse-slamet", "Slamet Riyadi", "warehouse", "wh-sidoarjo"),
    ("courier-bayu", "Bayu Saputra", "courier", "wh-surabaya"),
    ("finance-maya", "Maya Sari", "finance", ""),
    ("channel-pasarkita", "PasarKita (marketplace)", "channel", ""),
]
# id, name, company, street, postcode, credit limit, terms in days, opening balance, days it is overdue
CUSTOMERS = [
    ("cus-berkah", "Siti Aminah", "Warung Berkah", "Jl. Kertajaya 101", "60282", 2_000_000, 14, 450_000, 10),
    ("cus-makmur", "Hartono", "Toko Makmur Jaya", "Jl. Ngagel 45", "60246", 5_000_000, 30, 1_250_000, 45),
    ("cus-sederhana", "Uda Rizal", "RM Sederhana Baru", "Jl. Mayjen Sungkono 12", "60225", 3_000_000, 14, 0, 0),
    ("cus-pojok", "Bu Yuni", "Kantin Pojok Kampus", "Jl. Arief Rahman Hakim 8", "60111", 1_500_000, 7, 300_000, 3),
    ("cus-melati", "Ning Melati", "Katering Melati", "Jl. Ketintang 77", "60231", 4_000_000, 30, 0, 0),
    ("cus-anugerah", "Pak Darto", "Toko Anugerah", "Jl. Rungkut Madya 19", "60293", 2_500_000, 14, 980_000, 95),
    ("cus-barokah", "Haji Salim", "Grosir Barokah", "Jl. Kapasan 150", "60141", 10_000_000, 30, 2_400_000, 20),
    ("cus-segar", "Mbak Rina", "Kedai Segar", "Jl. Raya Gubeng 33", "60281", 1_000_000, 7, 800_000, 1),
    ("cus-sari", "Sari Wulandari", "", "Jl. Kenanga 5", "60241", 0, 0, 0, 0),
    ("cus-tono", "Tono Sucipto", "", "Jl. Pucang Anom 14", "60282", 0, 0, 0, 0),
]
# postcode: (area, latitude, longitude): approximate positions for addresses without one. Not all postcodes of the city.
POSTCODE_AREAS = {
    "60111": ("Sukolilo", -7.2890, 112.7960),
    "60115": ("Mulyorejo", -7.2640, 112.7900),
    "60141": ("Simokerto", -7.2400, 112.7540),
    "60174": ("Bubutan", -7.2480, 112.7310),
    "60186": ("Tandes", -7.2600, 112.6790),
    "60213": ("Lakarsantri", -7.3060, 112.6500),
    "60225": ("Dukuh Pakis", -7.2900, 112.7010),
    "60231": ("Gayungan", -7.3320, 112.7260),
    "60241": ("Wonokromo", -7.2990, 112.7380),
    "60246": ("Ngagel", -7.2920, 112.7460),
    "60251": ("Sawahan", -7.2720, 112.7210),
    "60261": ("Tegalsari", -7.2680, 112.7370),
    "60271": ("Genteng", -7.2580, 112.7450),
    "60281": ("Gubeng", -7.2680, 112.7520),
    "60282": ("Pucang", -7.2810, 112.7570),
    "60293": ("Rungkut", -7.3250, 112.7800),
    "61215": ("Sidoarjo", -7.4480, 112.7180),
}
