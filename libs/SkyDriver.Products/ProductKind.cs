using System.Text;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Fits;
using SkyDriver.Products.Text;

namespace SkyDriver.Products;

/// <summary>One file made from a result.</summary>
/// <param name="Name">Without folder.</param>
public sealed record ProductFile(string Name, byte[] Content);

/// <summary>A form in which a result can be had.</summary>
/// <param name="Name">As the command line takes it.</param>
/// <param name="NeedsEvent">The form cannot be made of a result that does not say which event it is of.</param>
public sealed record ProductKind(string Name, string Description, bool NeedsEvent, Func<ScanProducts, IEnumerable<ProductFile>> Make)
{
    private const double PixelsPerUnit = 2;     // of the PNG: sharp on today's screens

    /// <summary>For who makes several kinds at a time: the longest work comes first, so that nobody waits for it at the end. The first kind of
    /// picture draws for the others; these come last, as they would only wait.</summary>
    public static IEnumerable<ProductKind> InOrderOfWork(IEnumerable<ProductKind> kinds)
    {
        ProductKind[] all = [.. kinds];
        string[] firstAndLast = ["png", "pdf", "svg"];
        ProductKind[] pictures = [.. all.Where(kind => firstAndLast.Contains(kind.Name)).OrderBy(kind => Array.IndexOf(firstAndLast, kind.Name))];
        return [.. pictures.Take(1), .. all.Except(pictures).OrderBy(kind => kind.Name is "fits" or "fits-llh" ? 0 : 1), .. pictures.Skip(1)];
    }

    public static IReadOnlyList<ProductKind> All { get; } =
    [
        One("npz", "numpy archive, as skyreader reads it", true, p => p.Result.FileName(".npz"), p => p.Result.ToNpz()),
        One("json", "JSON, as skyreader reads it", true, p => p.Result.FileName(".json"), p => p.Result.ToJson(indented: true)),
        One("fits", "flat HEALPix FITS with probabilities", false, p => $"{p.Stem}.skymap_nside_{FlatNside(p)}_probability.fits.gz", p => FlatFits.WriteProbability(p, p.Settings.Nested)),
        One("fits-llh", "flat HEALPix FITS with 2ΔlnL", false, p => $"{p.Stem}.skymap_nside_{FlatNside(p)}_llh.fits.gz", p => FlatFits.WriteLikelihood(p, p.Settings.Nested)),
        One("moc", "multi-order FITS (UNIQ, PROBDENSITY) with the scanned pixels", false, p => p.Stem + ".multiorder.fits.gz", p => MultiOrderFits.Write(p, p.Result)),
        One("geojson", "contours as GeoJSON", false, p => p.Stem + ".contours.geojson", ContourGeoJson.Write),
        new("text", "contours as tables of right ascension and declination", false, p => new[] { p.Fifty, p.Ninety }.Select(r => new ProductFile($"{p.Stem}.contour_{r.Percent}.txt", ContourText.Write(p, r)))),
        One("summary", "best fit, errors, areas and provenance as JSON", false, p => p.Stem + ".summary.json", SummaryJson.Write),
        One("notice", "draft of a GCN notice", true, p => p.Stem + ".notice.DRAFT.json", GcnDrafts.Notice),
        One("circular", "draft of a GCN circular", true, p => p.Stem + ".circular.DRAFT.txt", GcnDrafts.Circular),
        Plot("svg", "plots as SVG", (scene, p, title) => Encoding.UTF8.GetBytes(SvgWriter.Write(scene, title, p.Provenance.Facts))),
        Plot("png", "plots as PNG", (scene, p, _) => PngWriter.Write(scene, PixelsPerUnit, p.Provenance.Facts)),
        Plot("pdf", "plots as PDF", (scene, p, title) => PdfWriter.Write(scene, title, p.Provenance.Facts)),
    ];

    public static ProductKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    private static int FlatNside(ScanProducts products) => Math.Min(products.Map.FinestNside, FlatFits.LargestNside);

    private static ProductKind One(string name, string description, bool needsEvent, Func<ScanProducts, string> file, Func<ScanProducts, byte[]> content) =>
        new(name, description, needsEvent, products => [new(file(products), content(products))]);

    private static ProductKind Plot(string format, string description, Func<Scene, ScanProducts, string, byte[]> write) => new(format, description, false, products =>
    {
        (Scene sky, Scene zoom, string title) = products.Drawings;
        return [new($"{products.Stem}.sky.{format}", write(sky, products, title)), new($"{products.Stem}.zoom.{format}", write(zoom, products, title))];
    });
}
