using System.Diagnostics;
using System.Globalization;
using SkyDriver.Products;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Benchmarks;

/// <summary>Time and memory to make every product of one result, each alone, in this process.</summary>
internal static class ProductsBench
{
    private const int Repeats = 5;

    public static int Run(string[] arguments)
    {
        SkyScanResult result = arguments.Length > 0 ? SkyScanResult.FromNpz(File.OpenRead(arguments[0])) : Refined();
        Console.WriteLine($"{string.Join(", ", result.Nsides.Select(n => $"nside {n.Nside}: {n.Count} pixels"))}; processor time, fastest of {Repeats} after one to warm up");
        Console.WriteLine("| product | processor time, ms | allocated, MB | file, kB |\n|---|---:|---:|---:|");
        Report("map, cells, regions, probabilities", () => [new("", [.. new ScanProducts(result, new("pandel_mpe")).Provenance.ResultSha256.Select(c => (byte)c)])]);
        foreach (ProductKind kind in ProductKind.All)
        {
            // Pictures are drawn once for all their formats; here each format pays for it.
            bool draws = kind.Name is "svg" or "png" or "pdf";
            ScanProducts products = new(result, new("pandel_mpe"));
            Report(kind.Name, () => [.. kind.Make(products)], draws ? () => products = new(result, new("pandel_mpe")) : null);
        }

        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        foreach (ProductFile file in new ScanProducts(result, new("pandel_mpe")).Make(ProductKind.All)) GC.KeepAlive(file);
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nall, one after the other: {(self.TotalProcessorTime - before).TotalSeconds:0.0} s of processor time; peak working set of the process {self.PeakWorkingSet64 / 1e6:0} MB"));
        return 0;
    }

    private static void Report(string name, Func<IReadOnlyList<ProductFile>> make, Action? prepare = null)
    {
        double fastest = double.PositiveInfinity;
        long allocated = 0, size = 0;
        for (int i = 0; i <= Repeats; i++)
        {
            prepare?.Invoke();
            long bytes = GC.GetTotalAllocatedBytes();
            TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
            size = make().Sum(file => file.Content.LongLength);
            double spent = (Process.GetCurrentProcess().TotalProcessorTime - start).TotalMilliseconds;
            if (i > 0) fastest = Math.Min(fastest, spent);
            allocated = GC.GetTotalAllocatedBytes() - bytes;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {fastest:0} | {allocated / 1e6:0.0} | {size / 1e3:0} |"));
    }

    // As 8:0 64:12 512:24 leaves it: coarse everywhere, then the neighbourhood of the best direction; 2ΔlnL of a track with 0.5° by 0.9°.
    private static SkyScanResult Refined()
    {
        Vector3d best = SkyPoint.FromDegrees(138.6, 0.2).ToVector();
        ResultMetadata metadata = new(true, new(138632, 31747601, "neutrino", 60280.7142, IsRealEvent: true));
        return new([Nside(8, 4), Nside(64, 0.25), Nside(512, 0.05)]);

        NsideResult Nside(int nside, double radius)
        {
            List<long> index = [];
            Healpix.Disc(nside, best, radius, index);
            double[] llh = [.. index.Select(ipix => Llh(Healpix.PixelToVector(nside, ipix)))], other = [.. index.Select(ipix => 1.0 + ipix)];
            return new(nside, 1, index.ToArray(), [llh, other, other, other, other, other, other], metadata);
        }

        double Llh(Vector3d at)
        {
            SkyPoint point = SkyPoint.FromVector(at), middle = SkyPoint.FromVector(best);
            double east = Angles.ToDegrees(Math.IEEERemainder(point.RightAscension - middle.RightAscension, Angles.TwoPi)) / 0.1, north = Angles.ToDegrees(point.Declination - middle.Declination) / 0.2;
            return 1096.8 + (300 * (1 - Math.Exp(-((east * east) + (north * north)) / 600)));
        }
    }
}
