"""Words that training text is made of. Data only; held-out words are removed by `training.values`."""
# ruff: noqa: SIM905

from __future__ import annotations

PEOPLE = """Anna Ben Carla David Elena Frank Grace Hugo Iris Jack Kira Liam Maria Noah Olga Paul Rosa Sam Tara Victor
Wendy Yusuf Zoe Emma Lucas Mia Leo Sara Omar Priya Chen Aisha Diego Nina Ivan Marta Pedro Lucia Carlos Beatriz Joao
Rafael Camila Mateo Valentina Santiago Fernanda Jorge Alejandra Pablo Ines Tomas Katarzyna Piotr Magda Tomasz Pawel
Ewa Marek Zofia Jakub Milan Petra Jana Vaclav Zdenek Ludmila Dmitri Natasha Sergei Yelena Mikhail Tatiana Boris Anton
Oksana Taras Mykola Halyna Gergely Zsofia Istvan Katalin Attila Ilona Mihai Ioana Radu Andreea Stoyan Dragana Milica
Nikola Jovana Zoran Ante Luka Vesna Arben Elira Giorgos Katerina Nikos Eleni Spyros Mehmet Ayse Emre Zeynep Burak Elif
Farid Leila Reza Shirin Hassan Fatima Khalid Amina Yasmin Tariq Ibrahim Noor Samir Rania Arjun Deepak Lakshmi Rahul
Kavya Suresh Meera Vikram Anjali Ravi Sunita Harpreet Gurpreet Imran Sana Bilal Ayesha Nasreen Tenzin Dorje Nima Linh
Thuy Duc Huong Minh Somchai Malee Putri Agus Dewi Wayan Ketut Siti Nurul Jose Maricel Rodel Hiroshi Yuki Kenji Aiko Sakura
Takeshi Naoko Satoshi Mei Wei Xiaoming Lihua Jianguo Yanyan Guowei Jihoon Soyeon Minsu Hyejin Temuulen Bolormaa
Chinedu Ngozi Emeka Amaka Tunde Folake Kofi Ama Kwame Esi Wanjiru Otieno Achieng Kamau Njeri Juma Zuri Baraka Neema
Thabo Lerato Sipho Zanele Pieter Annelise Hendrik Marieke Willem Lotte Sander Fleur Bram Sanne Lars Astrid Bjorn Freja
Mads Sigrid Nils Ingrid Olav Kari Pekka Aino Jukka Leena Matti Einar Hildur Olafur Declan Fiona Sean Roisin Cormac
Alistair Morag Hamish Catriona Gareth Carys Dylan Megan Francois Celine Antoine Margaux Etienne Colette Jean-Luc
Marie-Claire Lorenzo Chiara Giulia Matteo Alessandro Federica Heinrich Ursula Wolfgang Greta Stefan Heike Jurgen Silke
Moana Tane Aroha Keanu Leilani Nayeli Cuauhtemoc Quispe Illari Tupac Aurora Stella Jasper Felix Ruby Oscar Hazel Ezra
Silas Thea Walter Edith Mabel Arthur Flora Ralph Doris Ethel Cyril Percy Winston Phoebe Daphne Jemima Rupert""".split()

SURNAMES = """Smith Okafor Larsen Novak Petrov Garcia Tanaka Kim Nguyen Haddad Cohen Murphy Rossi Dubois Muller
Kowalski Horvat Papadopoulos Yilmaz Sharma Khan Chowdhury Wang Suzuki Park Santos Silva Fernandez Mwangi Dlamini
van-Dijk de-Vries MacLeod Jones Schmidt Ivanova Johansson Virtanen Eriksen O'Brien McKenzie Fitzgerald""".split()

PETS = """Rex Bella Luna Max Charlie Coco Milo Daisy Rocky Molly Buddy Lola Simba Nala Oreo Biscuit Pepper Ginger
Shadow Smokey Tiger Whiskers Felix Socks Patches Mittens Cookie Peanut Pickles Waffles Noodle Pumpkin Honey Mocha
Toffee Hazel Willow Maple Olive Clover Poppy Juniper Basil Sage Rusty Bandit Ziggy Loki Odin Thor Freya Zeus Apollo
Hera Athena Pluto Nova Comet Cosmo Bowie Ringo Elvis Dolly Ella Chewie Yoda Frodo Bilbo Gandalf Merlin Sherlock Watson
Snowball Fluffy Spot Duke Prince Duchess Bean Tofu Mango Kiwi Plum Fig Radish Turnip Sushi Mochi Kimchi Chorizo
Pretzel Dumpling Nugget Muffin Cupcake Scout Ranger Hunter Ghost Storm Blizzard Echo Pixel Turbo Gadget Professor""".split()

PLACES = """Paris London Berlin Madrid Rome Oslo Lima Tokyo Cairo Boston Denver Seattle Austin Lisbon Prague Vienna
Dublin Athens Mumbai Nairobi Toronto Stockholm Helsinki Copenhagen Warsaw Krakow Budapest Bucharest Sofia Zagreb
Belgrade Sarajevo Istanbul Ankara Izmir Tehran Baghdad Beirut Amman Damascus Jerusalem Riyadh Dubai Doha Muscat Karachi
Lahore Delhi Chennai Kolkata Bangalore Hyderabad Dhaka Colombo Yangon Bangkok Hanoi Saigon Manila Cebu Jakarta Bandung
Surabaya Osaka Kyoto Nagoya Fukuoka Seoul Busan Incheon Beijing Shanghai Shenzhen Chengdu Wuhan Taipei Perth Sydney
Melbourne Brisbane Hobart Auckland Wellington Christchurch Suva Honolulu Anchorage Vancouver Calgary Montreal Quebec
Halifax Chicago Detroit Houston Dallas Phoenix Portland Atlanta Miami Nashville Memphis Cleveland Pittsburgh
Philadelphia Baltimore Milwaukee Minneapolis Tucson Fresno Oakland Tijuana Monterrey Puebla Havana Kingston Panama
Bogota Medellin Cali Quito Guayaquil Cusco Santiago Rosario Cordoba Recife Salvador Fortaleza Manaus Accra Kumasi
Lagos Abuja Ibadan Dakar Bamako Abidjan Kampala Kigali Dodoma Mombasa Lusaka Harare Gaborone Durban Pretoria
Windhoek Luanda Kinshasa Tunis Algiers Rabat Casablanca Fez Tripoli Khartoum Porto Braga Coimbra Seville Valencia
Bilbao Zaragoza Toulouse Bordeaux Lyon Marseille Nantes Strasbourg Lille Rennes Turin Milan Naples Palermo Bologna
Genoa Verona Munich Hamburg Cologne Frankfurt Stuttgart Leipzig Dresden Bremen Hanover Nuremberg Graz Salzburg Innsbruck
Zurich Geneva Basel Bern Brno Ostrava Kosice Poznan Lodz Lublin Katowice Vilnius Riga Tallinn Tartu Minsk Kyiv Lviv
Odesa Kharkiv Moscow Kazan Omsk Tomsk Irkutsk Yerevan Baku Tashkent Turku Tampere Oulu Uppsala Malmo Lund Stavanger
Bodo Alesund Odense Aalborg Esbjerg Rotterdam Eindhoven Haarlem Antwerp Leuven Namur Cardiff Swansea Glasgow Edinburgh
Aberdeen Belfast Cork Galway Leeds York Bristol Norwich Plymouth Exeter Oxford Cambridge Durham Springfield Riverside
Ashford Millbrook Greenwood Lakewood Foxhollow Kingsbridge Northwick Westerham""".split()

FOODS = """sushi pizza pasta tacos ramen curry salad pancakes dumplings paella falafel burgers soup noodles risotto
kimchi lasagne gnudi waffles omelettes sandwiches stew chili chowder porridge muesli cheese bread croissants bagels
doughnuts brownies cake pie ice-cream chocolate strawberries mangoes blueberries cherries grapes bananas oranges
pineapple avocado spinach broccoli mushrooms potatoes rice lentils beans tofu salmon tuna shrimp lobster steak chicken
meatballs sausages kebabs hummus pho dosa biryani samosas naan tempura udon gyoza empanadas ratatouille quiche
fondue raclette schnitzel pretzels strudel tiramisu gelato baklava couscous gumbo jambalaya barbecue""".split()

JOBS = """nurse teacher programmer chef lawyer carpenter designer pilot farmer student plumber writer doctor baker
musician engineer electrician mechanic driver gardener librarian journalist photographer painter dentist pharmacist
vet cashier waiter bartender barista tailor butcher florist hairdresser secretary accountant banker manager salesman
consultant analyst scientist biologist chemist physicist mathematician statistician historian economist
psychologist therapist counsellor firefighter policeman soldier sailor fisherman miner roofer bricklayer cleaner
janitor postman courier receptionist editor publisher actor dancer singer comedian sculptor potter jeweller
architect planner lecturer tutor coach referee lifeguard guide""".split()

ALLERGENS = """peanuts shellfish gluten milk eggs soy pollen cats dogs dust bees wasps fish crab shrimp wheat rye
almonds strawberries tomatoes garlic onions lactose nickel aspirin ragweed grass mould horses feathers kiwi mango
peaches apples bananas""".split()

INSTRUMENTS = """piano guitar violin cello flute drums trumpet clarinet saxophone harp banjo ukulele accordion
trombone organ bass viola mandolin harmonica recorder tuba xylophone bagpipes lute""".split()

COLOURS = """blue green red yellow purple orange black white pink brown grey turquoise silver gold maroon navy crimson
scarlet violet indigo beige ivory lilac lavender coral salmon emerald olive""".split()

SUBJECTS = """biology chemistry physics mathematics history law medicine economics philosophy psychology sociology
geography engineering architecture literature music art astronomy geology botany nursing marketing accounting finance
politics theology archaeology anthropology statistics""".split()

LANGUAGES = """English Spanish French German Italian Portuguese Dutch Swedish Norwegian Danish Finnish Polish Czech
Russian Ukrainian Greek Turkish Arabic Hebrew Persian Hindi Urdu Bengali Tamil Thai Vietnamese Japanese Korean Mandarin
Swahili Zulu Hausa Irish Hungarian Romanian Bulgarian Croatian""".split()

DRINKS = "tea coffee water juice milk beer wine lemonade cocoa cola soda smoothies cappuccino latte whisky".split()

HOBBIES = """hiking chess painting running cooking gardening photography swimming cycling yoga reading climbing dancing
fishing knitting surfing skiing sailing baking drawing singing pottery archery fencing rowing camping birdwatching
woodwork origami juggling karate tennis football basketball volleyball badminton golf bowling skating snowboarding
kayaking gaming writing travelling sewing embroidery calligraphy astronomy""".split()

ANIMALS = (
    "dog cat parrot rabbit hamster horse turtle goldfish pony lizard snake canary budgie gecko ferret duck".split()
    + "bird fish puppy kitten tortoise donkey".split()
)

RELATIONS = """sister brother mother father wife husband partner son daughter friend boss uncle aunt cousin neighbour
grandmother grandfather girlfriend boyfriend colleague teacher doctor dentist nephew niece flatmate mum mom dad grandma
grandpa""".split()

OTHER_WORDS: dict[str, tuple[str, ...]] = {
    "goldfish": ("fish",),
    "parrot": ("bird",),
    "budgie": ("bird",),
    "canary": ("bird",),
    "pony": ("horse",),
    "gecko": ("lizard",),
    "puppy": ("dog",),
    "kitten": ("cat",),
    "mother": ("mum", "mom"),
    "mum": ("mother", "mom"),
    "mom": ("mother", "mum"),
    "father": ("dad",),
    "dad": ("father",),
    "grandmother": ("grandma", "gran"),
    "grandma": ("grandmother",),
    "grandfather": ("grandpa", "granddad"),
    "grandpa": ("grandfather",),
    "wife": ("partner", "spouse"),
    "husband": ("partner", "spouse"),
    "flatmate": ("roommate",),
    "boss": ("manager",),
}
"""Words by which one may ask for a pet or a person that was told by another."""

MANY = {
    "dog": "dogs",
    "cat": "cats",
    "parrot": "parrots",
    "rabbit": "rabbits",
    "hamster": "hamsters",
    "horse": "horses",
    "goldfish": "goldfish",
    "budgie": "budgies",
    "duck": "ducks",
    "bird": "birds",
    "fish": "fish",
    "kitten": "kittens",
    "puppy": "puppies",
    "tortoise": "tortoises",
    "ferret": "ferrets",
    "sister": "sisters",
    "brother": "brothers",
    "son": "sons",
    "daughter": "daughters",
    "friend": "friends",
    "uncle": "uncles",
    "aunt": "aunts",
    "cousin": "cousins",
    "neighbour": "neighbours",
    "colleague": "colleagues",
    "flatmate": "flatmates",
    "niece": "nieces",
    "nephew": "nephews",
}
"""The plurals of pets and people of which one may have several."""

FAVOURITES = """colour film book band song food dish season sport animal city team game flower drink restaurant singer
country author fruit dessert holiday subject movie show cafe park""".split()

POSSESSIONS = "car boat bike street company school gym village hotel team band shop street village project".split()

TOPICS = """the French revolution|gravity|black bears|the Roman empire|electricity|whales|computers|bitcoin|inflation|
the moon landing|dinosaurs|rainbows|the Pyramids|jazz|climate change|the brain|DNA|batteries|earthquakes|the internet|
democracy|Shakespeare|chess openings|cheese making|steam engines|bridges|tides|the immune system|robots|sharks|
thunderstorms|the Olympics|football|satellites|bacteria|the Vikings|the Silk Road|poetry|opera|taxes|mortgages|
antibiotics|bees|rice farming|deserts|coral reefs|elections|magnets|lasers|time zones|the Great Wall|Napoleon|
Cleopatra|Einstein|Mozart|Picasso|relativity|evolution|photography|cinema|ancient Greece|the Cold War|engines|
radio waves|mushrooms|hurricanes|plastic|steel|gold|tea|coffee|chocolate|trains|aeroplanes|bicycles|clocks|glass|
paper|silk|salt|ships|castles|dragons|unicorns|Mars|Jupiter|comets|the sun|stars|oceans|rivers|mountains|trees|birds"""
TOPIC_LIST = [topic.strip() for topic in TOPICS.replace("\n", "").split("|")]

PERSONA_NOUNS = """companion mentor teacher guide friend helper coach librarian butler pirate wizard gardener poet
scientist robot nurse cook detective sailor monk grandmother neighbour storyteller knight owl fox""".split()
PERSONA_MANNERS = """warm curious calm thoughtful brisk practical patient kind funny dry gentle cheerful wise quiet
direct playful polite strict relaxed honest witty sleepy brave careful plain modest lively""".split()

EVENTS = """dentist appointment|doctor's appointment|job interview|driving test|exam|maths exam|concert|eye test|haircut|
meeting|team meeting|parents' evening|wedding|graduation|operation|knee operation|blood test|vaccination|piano lesson|
first lesson|flight|train|party|birthday party|housewarming|dinner party|book club|choir rehearsal|dress rehearsal|
football match|final|marathon|race|check-up|physio session|therapy session|training course|presentation|deadline|
tax appointment|viewing|flat viewing|house move|court date|school reunion|family reunion|farewell party|hearing test|
driving lesson|yoga class|swimming lesson|interview|phone call|visa appointment|conference|workshop|audition""".replace(
    "\n", ""
).split("|")

CARS = """Volvo|Skoda|Fiat|Honda|Toyota|Mazda|Ford Fiesta|Renault|Peugeot|Citroen|Tesla|Mini|Golf|Polo|Passat|Beetle|
Kia|Hyundai|Subaru|Suzuki|Nissan Leaf|Seat|Dacia|BMW|Mercedes|Jaguar|Jeep|Land Rover|Saab|Lada|Smart|van|camper van|
pickup|Vespa|motorbike|tractor|minibus|Corolla|Civic|Prius|Mustang|Trabant""".replace("\n", "").split("|")

COLLECTIONS = """stamps|coins|vinyl records|postcards|model trains|old maps|sea shells|fridge magnets|comic books|teapots|
butterflies|minerals|fossils|watches|fountain pens|typewriters|toy cars|chess sets|old cameras|bottle caps|snow globes|
dolls|puzzles|cacti|orchids|keyrings|beer mats|autographs|first editions|board games|trading cards|thimbles|buttons|
film posters|ticket stubs|mugs|spoons|masks|globes|radios|sneakers|hats|scarves|recipes""".replace("\n", "").split("|")

GOALS = """run a marathon|write a novel|learn to swim|lose ten kilos|save for a house|buy a boat|quit smoking|
start a business|finish my degree|get a dog|move to the countryside|sleep better|read more|cook more often|
eat less sugar|drink more water|get fit|climb a mountain|cycle across France|visit Japan|see the northern lights|
pass my exam|find a new job|get promoted|work less|spend more time with family|grow my own vegetables|build a shed|
paint the kitchen|learn to drive|learn to dance|sing in a choir|play in a band|speak better French|record an album|
keep a diary|call my parents more|be more patient|walk every day|do a handstand|sail round the world|adopt a child|
pay off my loan|retire early|give up meat|plant a tree|sort out the attic|knit a jumper|bake my own bread|fly a plane
""".replace("\n", "").split("|")

STATUSES = "married single engaged divorced widowed separated".split()
