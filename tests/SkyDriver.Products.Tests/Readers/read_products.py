"""Reads the products of several results with numpy, astropy and healpy, computes everything anew, and prints what it found as JSON.

Arguments: one folder for each result. Nothing here shares code or formulas with the program that wrote them.
"""
import glob
import json
import sys

import healpy
import numpy
from astropy.io import fits

SQUARE_DEGREES = (180 / numpy.pi) ** 2
ORDER = 29


def one(folder, pattern):
    found = glob.glob(f"{folder}/{pattern}")
    assert len(found) == 1, (folder, pattern, found)
    return found[0]


def read_multi_order(folder):
    with fits.open(one(folder, "*.multiorder.fits.gz")) as file:
        file.verify("exception")
        table, header = file[1].data, dict(file[1].header)
        scan = numpy.array(file[2].data)
        uniq, density = numpy.array(table["UNIQ"], dtype=numpy.int64), numpy.array(table["PROBDENSITY"], dtype=float)
    order = numpy.floor(numpy.log2(uniq / 4) / 2).astype(int)
    pixel = uniq - 4 * 4**order
    return header, scan, order, pixel, density


def tiling(order, pixel):
    """Whether cells, as ranges of the finest pixels, follow each other without gap or overlap over the whole sky."""
    start, width = pixel * 4 ** (ORDER - order), 4 ** (ORDER - order)
    rank = numpy.argsort(start)
    start, end = start[rank], (start + width)[rank]
    return bool(start[0] == 0 and end[-1] == 12 * 4**ORDER and numpy.array_equal(start[1:], end[:-1]))


def credible_area(density, area, share):
    rank = numpy.argsort(-density, kind="stable")
    total = numpy.cumsum((density * area)[rank])
    return float(area[rank][: numpy.searchsorted(total, share - 1e-6) + 1].sum() * SQUARE_DEGREES)


def inside(rings, lon, lat):
    """Even-odd rule on the plane, all rings of a region at once."""
    odd = numpy.zeros(len(lon), dtype=bool)
    for ring in rings:
        a, b = numpy.array(ring[:-1]), numpy.array(ring[1:])
        for (x1, y1), (x2, y2) in zip(a, b):
            if y1 != y2:
                crossed = (y1 > lat) != (y2 > lat)
                odd[crossed] ^= lon[crossed] < x1 + (lat[crossed] - y1) / (y2 - y1) * (x2 - x1)
    return odd


def contour_mismatch(feature, order, pixel, density, area, region_area):
    """Area of the cells about whose side contour and map disagree, as a share of the region."""
    rank = numpy.argsort(-density, kind="stable")
    within = numpy.zeros(len(order), dtype=bool)
    within[rank[: int(numpy.searchsorted(numpy.cumsum(area[rank]) * SQUARE_DEGREES, region_area * (1 + 1e-6)))]] = True
    ra, dec = numpy.array([healpy.pix2ang(2 ** int(o), int(p), nest=True, lonlat=True) for o, p in zip(order, pixel)]).T
    rings = [ring for polygon in feature["geometry"]["coordinates"] for ring in polygon]
    wrong = inside(rings, (ra + 180) % 360 - 180, dec) != within
    return float(area[wrong].sum() * SQUARE_DEGREES / region_area)


def table_area(file):
    """Area to the left of the lines of a text contour, by (1 - sin dec) d(ra)."""
    total, lines = 0.0, open(file).read().split("\n\n")
    for text in lines:
        rows = [row.split() for row in text.splitlines() if row and not row.startswith("#")]
        if rows:
            ra, dec = numpy.array(rows, dtype=float).T
            step = (numpy.diff(ra) + numpy.pi) % (2 * numpy.pi) - numpy.pi
            total += float(numpy.sum(step * (1 - (numpy.sin(dec[1:]) + numpy.sin(dec[:-1])) / 2)))
    return total % (4 * numpy.pi) * SQUARE_DEGREES


def flat_from_pixels(npz, nside):
    """Each pixel's value copied into all its children, coarse to fine; only finite values overwrite."""
    flat = numpy.full(12 * nside**2, numpy.nan)
    for name in sorted((n for n in npz.files if n != "header"), key=lambda n: int(n[6:])):
        own, table = int(name[6:]), npz[name]
        nest, ratio = healpy.ring2nest(own, table["index"]), (nside // own) ** 2
        children = nest[:, None] * ratio + numpy.arange(ratio)
        finite = numpy.isfinite(table["llh"])
        flat[children[finite].ravel()] = numpy.repeat(table["llh"][finite], ratio)
    return 2 * (flat - numpy.nanmin(flat))[healpy.ring2nest(nside, numpy.arange(12 * nside**2))]


def examine(folder):
    summary = json.load(open(one(folder, "*.summary.json")))
    header, scan, order, pixel, density = read_multi_order(folder)
    area = 4 * numpy.pi / (12 * 4.0**order)
    found = {"tiling": tiling(order, pixel), "sphere": float(area.sum()), "multi_order_sum": float((density * area).sum())}

    probability, cards = healpy.read_map(one(folder, "*_probability.fits.gz"), h=True, dtype=None)
    nside = healpy.get_nside(probability)
    found["flat_sum"] = float(probability.sum())
    # What the flat pixels should hold: the integral of the multi-order density, cell by cell.
    expected, flat_order = numpy.zeros(12 * nside**2), int(numpy.log2(nside))
    fine = order >= flat_order
    numpy.add.at(expected, pixel[fine] // 4 ** (order[fine] - flat_order), (density * area)[fine])
    for o, p, d in zip(order[~fine], pixel[~fine], density[~fine]):
        expected[p * 4 ** (flat_order - o) : (p + 1) * 4 ** (flat_order - o)] = d * 4 * numpy.pi / (12 * nside**2)
    found["flat_difference"] = float(numpy.abs(probability - expected[healpy.ring2nest(nside, numpy.arange(12 * nside**2))]).max())

    npz = numpy.load(one(folder, "*.npz"))
    likelihood = healpy.read_map(one(folder, "*_llh.fits.gz"), dtype=None)
    pixels = flat_from_pixels(npz, nside)
    seen = likelihood != healpy.UNSEEN
    same = numpy.array_equal(seen, numpy.isfinite(pixels)) and numpy.allclose(likelihood[seen], pixels[seen], rtol=0, atol=1e-9)
    found["likelihood_pixels_same"] = bool(same)
    nested = glob.glob(f"{folder}/nested/*_llh.fits.gz")
    found["nested_same"] = not nested or bool(numpy.array_equal(healpy.read_map(nested[0], dtype=None), likelihood))
    found["scan_table_same"] = all(
        numpy.array_equal(scan[scan["NSIDE"] == int(name[6:])][column.upper()], npz[name][column], equal_nan=True)
        for name in npz.files if name != "header" for column in ("llh", "E_in", "T"))

    best = int(numpy.argmax(density))
    ra, dec = healpy.pix2ang(2 ** int(order[best]), int(pixel[best]), nest=True, lonlat=True)
    truth = summary["best_fit"]
    found["best_fit_off"] = float(numpy.degrees(healpy.rotator.angdist([ra, dec], [truth["ra_deg"], truth["dec_deg"]], lonlat=True)[0]))
    contours = {f["properties"]["percent"]: f for f in json.load(open(one(folder, "*.geojson")))["features"] if "percent" in f["properties"]}
    found["regions"] = {
        percent: {
            "told": region["area_deg2"],
            "credible": credible_area(density, area, region["probability_in_map"]),
            "header": header[f"CONTOUR_AREA_{percent}"],
            "text": table_area(one(folder, f"*.contour_{percent}.txt")),
            "mismatch": contour_mismatch(contours[int(percent)], order, pixel, density, area, region["area_deg2"]),
        }
        for percent, region in summary["regions"].items()
    }
    keys = ("ORDERING", "PIXTYPE", "COORDSYS", "INDXSCHM", "MOCORDER", "RUNID", "EVENTID", "I3TYPE", "MJD-OBS", "DATE-OBS", "RA", "DEC", "RA_ERR_PLUS_90", "TUNIT2", "CREATOR", "LEVELS", "RECOALGO")
    found["missing_cards"] = [key for key in keys if key not in header]
    found["flat_cards"] = {key: value for key, value in cards if key in ("ORDERING", "NSIDE", "PIXTYPE", "COORDSYS", "LASTPIX", "INDXSCHM")}
    found["header_matches"] = bool(
        abs(header["RA"] - truth["ra_deg"]) < 1e-5 and abs(header["DEC"] - truth["dec_deg"]) < 1e-5
        and abs(header["RA_ERR_PLUS_90"] - summary["regions"]["90"]["ra_err_plus_deg"]) < 1e-5)
    return found


print(json.dumps({folder.rstrip("/").split("/")[-1]: examine(folder) for folder in sys.argv[1:]}))
