using BenchmarkDotNet.Attributes;
using SkyDriver.Sky;

namespace SkyDriver.Benchmarks;

/// <summary>HEALPix kernels at nside 512; times are per pixel (per call for the disc).</summary>
[MemoryDiagnoser]
[MinColumn, MedianColumn]
public class HealpixBenchmarks
{
    private const int Nside = 512;
    private const int Count = 1024;

    private readonly long[] _ring = new long[Count];
    private readonly long[] _nest = new long[Count];
    private readonly long[] _pixels = new long[Count];
    private readonly long[] _eight = new long[8 * Count];
    private readonly double[] _theta = new double[Count];
    private readonly double[] _phi = new double[Count];
    private readonly double[] _otherTheta = new double[Count];
    private readonly double[] _otherPhi = new double[Count];
    private readonly Vector3d[] _vectors = new Vector3d[Count];
    private readonly List<long> _disc = new(1000);

    /// <summary>Angle whose cap holds 50 pixel areas.</summary>
    private readonly double _radius = Math.Sqrt(50 * Healpix.PixelArea(Nside) / Math.PI);

    [GlobalSetup]
    public void Prepare()
    {
        var generator = new Random(5);
        for (int i = 0; i < Count; i++)
        {
            _theta[i] = Math.Acos(2 * generator.NextDouble() - 1);
            _phi[i] = 2 * Math.PI * generator.NextDouble();
            _vectors[i] = Vector3d.FromAngles(_theta[i], _phi[i]);
            _ring[i] = generator.NextInt64(Healpix.PixelCount(Nside));
            _nest[i] = Healpix.RingToNest(Nside, _ring[i]);
        }
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public void AngleToPixel() => Healpix.AngleToPixel(Nside, _theta, _phi, _pixels);

    [Benchmark(OperationsPerInvoke = Count)]
    public void PixelToAngle() => Healpix.PixelToAngle(Nside, _ring, _otherTheta, _otherPhi);

    [Benchmark(OperationsPerInvoke = Count)]
    public void VectorToPixel() => Healpix.VectorToPixel(Nside, _vectors, _pixels);

    [Benchmark(OperationsPerInvoke = Count)]
    public void RingToNest() => Healpix.RingToNest(Nside, _ring, _pixels);

    [Benchmark(OperationsPerInvoke = Count)]
    public void NestToRing() => Healpix.NestToRing(Nside, _nest, _pixels);

    [Benchmark(OperationsPerInvoke = Count)]
    public void Neighbours() => Healpix.Neighbours(Nside, _ring, _eight);

    [Benchmark(OperationsPerInvoke = Count)]
    public void Disc50()
    {
        foreach (var centre in _vectors)
        {
            _disc.Clear();
            Healpix.Disc(Nside, centre, _radius, _disc);
        }
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public void Disc50Inclusive()
    {
        foreach (var centre in _vectors)
        {
            _disc.Clear();
            Healpix.Disc(Nside, centre, _radius, _disc, inclusive: true);
        }
    }
}
