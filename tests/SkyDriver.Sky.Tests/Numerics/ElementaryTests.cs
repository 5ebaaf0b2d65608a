using System.Globalization;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky.Tests.Numerics;

public sealed class ElementaryTests
{
    /// <summary>Of 20,000 arguments through every function; any change of a last bit anywhere changes it.</summary>
    private const string Digest = "d59c672c73a451c1c0ce4c9e4ce8737621dac8011f840aaa8f0baa8bb2a6e809";

    private static readonly Dictionary<string, (Func<double, double, double> Function, double Ulps)> Functions = new()
    {
        ["log"] = ((x, _) => Elementary.Log(x), 1),
        ["exp"] = ((x, _) => Elementary.Exp(x), 1),
        ["logOnePlus"] = ((x, _) => Elementary.LogOnePlus(x), 2.5),
        ["expMinusOne"] = ((x, _) => Elementary.ExpMinusOne(x), 2),
        ["sin"] = ((x, _) => Elementary.Sin(x), 1),
        ["cos"] = ((x, _) => Elementary.Cos(x), 1),
        ["asin"] = ((x, _) => Elementary.Asin(x), 2.5),
        ["acos"] = ((x, _) => Elementary.Acos(x), 2.5),
        ["atan2"] = (Elementary.Atan2, 2),
        ["sinh"] = ((x, _) => Elementary.Sinh(x), 3),
        ["asinh"] = ((x, _) => Elementary.Asinh(x), 3),
        ["tanh"] = ((x, _) => Elementary.Tanh(x), 3),
        ["powerOfTen"] = ((x, _) => Elementary.PowerOfTen(x), 2),
    };

    public static TheoryData<string> OtherMachines() => [.. OtherMachine.Quick, .. OtherMachine.Slow];

    public static TheoryData<string> Names() => [.. Functions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Function_AgainstFiftyDigits_IsWithinItsUnitsInTheLastPlace(string name)
    {
        var (function, ulps) = Functions[name];
        (double X, double Y, double Value)[] rows = [.. Rows(name)];
        Assert.True(rows.Length >= 20);
        Assert.All(rows, row => Assert.True(
            Math.Abs(function(row.X, row.Y) - row.Value) <= ulps * Ulp(row.Value), $"{name}({row.X:R}, {row.Y:R}) is {function(row.X, row.Y):R}, should be {row.Value:R}"));
    }

    [Fact]
    public void LogGamma_AgainstFiftyDigits_IsWithinItsTolerance() =>
        Assert.All(Rows("logGamma"), row => Assert.Equal(row.Value, Elementary.LogGamma(row.X), 1e-14 * (1 + Math.Abs(row.Value))));

    [Fact]
    public void LogGamma_OverTheWholeRangeOfShapes_AgreesWithAnotherLibrary()
    {
        for (double x = 0.03; x < 80; x *= 1.01)
        {
            double other = MathNet.Numerics.SpecialFunctions.GammaLn(x);
            Assert.Equal(other, Elementary.LogGamma(x), 1e-13 * (1 + Math.Abs(other)));
        }
    }

    [Fact]
    public void Pow_AgainstFiftyDigits_LosesOnlyWhatTheExponentAmplifies() =>
        Assert.All(Rows("pow"), row => Assert.Equal(1, Elementary.Pow(row.X, row.Y) / row.Value, 2.3e-16 * (2 + Math.Abs(row.Y * Math.Log(row.X)))));

    [Theory]
    [InlineData(0.0, double.NegativeInfinity)]
    [InlineData(-1.0, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NaN, double.NaN)]
    public void Log_OutsideItsRange_IsAsIeeeSays(double x, double expected) => Assert.Equal(expected, Elementary.Log(x));

    [Theory]
    [InlineData(1000.0, double.PositiveInfinity)]
    [InlineData(-1000.0, 0.0)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, 0.0)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(709.7, 1.654984066163483e308)]
    [InlineData(-740.0, 4.2e-322)]
    public void Exp_NearAndBeyondTheEnds_IsAsIeeeSays(double x, double expected) => Assert.Equal(expected, Elementary.Exp(x), double.IsFinite(expected) ? expected * 0.02 : 0);

    [Theory]
    [InlineData(0.0, 1.0, 0.0)]
    [InlineData(0.0, -1.0, Math.PI)]
    [InlineData(-0.0, -1.0, -Math.PI)]
    [InlineData(1.0, 0.0, Math.PI / 2)]
    [InlineData(-1.0, 0.0, -Math.PI / 2)]
    [InlineData(0.0, 0.0, 0.0)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, Math.PI / 4)]
    [InlineData(1.0, double.NegativeInfinity, Math.PI)]
    [InlineData(double.NaN, 1.0, double.NaN)]
    public void Atan2_OfAxesAndEnds_IsAsIeeeSays(double y, double x, double expected) => Assert.Equal(expected, Elementary.Atan2(y, x));

    [Fact]
    public void VectorLanes_OfAnyNeighbours_EqualTheScalar()
    {
        double[] odd = [0, -1, double.NaN, double.PositiveInfinity, 1e-310, 800, -800, 0.3];
        for (int i = 0; i < odd.Length; i++)
        {
            var vector = Vector256.Create(odd[i], 2.5, odd[(i + 3) % odd.Length], 0.01);
            for (int lane = 0; lane < Vector256<double>.Count; lane++)
            {
                Assert.Equal(Elementary.Log(vector.GetElement(lane)), Elementary.Log(vector).GetElement(lane));
                Assert.Equal(Elementary.Exp(vector.GetElement(lane)), Elementary.Exp(vector).GetElement(lane));
            }
        }
    }

    [Fact]
    public void EveryFunction_OnThisMachine_GivesTheBitsOfAllMachines() => Assert.Equal(Digest, DigestOfSamples());

    [Theory]
    [MemberData(nameof(OtherMachines))]
    public void EveryFunction_WithoutInstructionSets_GivesTheSameBits(string environment) =>
        OtherMachine.Repeats(environment, typeof(ElementaryTests), nameof(EveryFunction_OnThisMachine_GivesTheBitsOfAllMachines));

    private static string DigestOfSamples()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        // A plain multiplicative sequence: even coverage, and the same numbers everywhere.
        double place = 0.5;
        foreach ((string name, (Func<double, double, double> function, _)) in Functions.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            double span = name is "asin" or "acos" ? 1 : name is "log" ? 1e6 : 12;
            for (int i = 0; i < 20_000 / Functions.Count; i++)
            {
                place = (place * 1.618033988749895 + 0.1234567) % 1;
                double x = name is "log" or "logOnePlus" ? span * place : span * (2 * place - 1);
                BitConverter.TryWriteBytes(bytes, function(x, place));
                hash.AppendData(bytes);
            }
        }

        for (int i = 1; i < 500; i++)
        {
            BitConverter.TryWriteBytes(bytes, Elementary.LogGamma(0.1 * i) + Elementary.Pow(0.01 * i, 0.3));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static double Ulp(double value) => Math.BitIncrement(Math.Abs(value)) - Math.Abs(value);

    private static IEnumerable<(double X, double Y, double Value)> Rows(string name) =>
        from line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Numerics", "elementary.csv"))
        let cells = line.Split(',')
        where cells[0] == name
        select (Number(cells[1]), cells[2] == "" ? 0 : Number(cells[2]), Number(cells[3]));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
