using System.Globalization;
using System.Security.Cryptography;

namespace SkyDriver.Hosting.State;

/// <summary>Ids of scans.</summary>
public static class ScanId
{
    private const int Length = 32;

    /// <summary>A new id that sorts by time: milliseconds in hex, an x, random hex.</summary>
    public static string Create(DateTimeOffset now)
    {
        string milliseconds = now.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
        return $"{milliseconds}x{RandomNumberGenerator.GetHexString(Length - 1 - milliseconds.Length, lowercase: true)}";
    }
}
