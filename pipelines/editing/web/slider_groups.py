"""Groups of sliders on the page, and the group of each attribute."""

from __future__ import annotations

GROUPS = {
    "The person": "Male Young Age Attractive Chubby Pale_Skin Skin_Tone Gender Ethnicity Race",
    "Hair": "Bald Bangs Fringe Black_Hair Blond_Hair Brown_Hair Gray_Hair Straight_Hair Wavy_Hair Hair_Colour "
    "Hair_Length Receding_Hairline Sideburns 5_o_Clock_Shadow Beard Goatee Mustache No_Beard",
    "Face shape": "Oval_Face Face_Width Double_Chin High_Cheekbones Big_Nose Nose_Size Pointy_Nose Big_Lips "
    "Narrow_Eyes Bags_Under_Eyes Arched_Eyebrows Bushy_Eyebrows Thick_Brows Eye_Colour Eye_Size",
    "Expression": "Smiling Mouth_Slightly_Open Mouth_Open",
    "Make-up and accessories": "Heavy_Makeup Makeup Wearing_Lipstick Rosy_Cheeks Eyeglasses Glasses Wearing_Hat "
    "Wearing_Earrings Wearing_Necklace Wearing_Necktie",
    "Image": "Blurry Light Background Background_Tone Light_Direction",
}
OTHER = "Other"
GROUP_NAMES = (*GROUPS, OTHER)

_GROUP_OF = {name.lower(): group for group, names in GROUPS.items() for name in names.split()}


def slider_group(name: str) -> str:
    """The group of an attribute's slider; "Other" where the name is unknown."""
    return _GROUP_OF.get(name.lower().replace(" ", "_"), OTHER)
