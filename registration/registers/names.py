"""Danish words of which the fixture register is made."""

from typing import Final

WOMEN: Final = (
    "Anne", "Mette", "Kirsten", "Hanne", "Åse", "Søs", "Birgitte", "Dorthe", "Gerda", "Inger", "Jytte", "Karen",
    "Lærke", "Maja", "Nanna", "Ørsine", "Pernille", "Ragnhild", "Signe", "Tove", "Ulla", "Vibeke", "Ylva", "Freja",
    "Ida", "Josefine", "Clara", "Alberte", "Sofie", "Emma", "Agnes", "Bodil", "Ditte", "Ellen", "Gry", "Helle",
)  # fmt: skip
MEN: Final = (
    "Anders", "Bjørn", "Carsten", "Dan", "Erik", "Frode", "Gorm", "Henning", "Ib", "Jørgen", "Karl", "Lars",
    "Mads", "Niels", "Ove", "Poul", "Rasmus", "Søren", "Thorkild", "Uffe", "Viggo", "Åge", "Øjvind", "Ærnst",
    "Noah", "William", "Oscar", "Malthe", "Emil", "August", "Bertel", "Claus", "Ditlev", "Elias", "Finn", "Gustav",
)  # fmt: skip
SURNAMES: Final = (
    "Nielsen", "Jensen", "Hansen", "Pedersen", "Andersen", "Christensen", "Larsen", "Sørensen", "Rasmussen",
    "Jørgensen", "Ærø", "Østergård", "Ågård", "Bæk", "Bjerregaard", "Dahl", "Enevoldsen", "Frandsen", "Grønbæk",
    "Holm", "Ibsen", "Juul", "Kjær", "Lund", "Møller", "Nørgaard", "Overgaard", "Præst", "Quist", "Ravn",
    "Skov", "Toft", "Ussing", "Vestergaard", "Winther", "Ørsted", "Åkjær", "Mølgård-Krog", "Søgaard", "Thygesen",
)  # fmt: skip
STREETS: Final = (
    "Ærtevej", "Østre Allé", "Åboulevarden", "Birkevej", "Kløvermarken", "Strandgade", "Møllevænget", "Skolestræde",
    "Rønnebærhaven", "Kirkebakken", "Lyngvej", "Fasanvænget", "Havnegade", "Præstemarken", "Engdraget",
)  # fmt: skip
TOWNS: Final = (
    "9999 Skovby", "9998 Ærøsund", "9997 Ålebæk", "9996 Østermose", "9995 Birkerup", "9994 Nørrehavn",
    "9993 Strandholm", "9992 Sønderlund",
)  # fmt: skip
MUNICIPALITIES: Final = (
    "Skovby", "Ærøsund", "Ålebæk", "Østermose", "Birkerup", "Nørrehavn", "Strandholm", "Sønderlund",
)  # fmt: skip
