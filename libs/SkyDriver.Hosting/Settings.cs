using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SkyDriver.Hosting;

/// <summary>Settings are missing or wrong; the message lists every one.</summary>
public sealed class SettingsException(IReadOnlyList<string> faults)
    : Exception("The settings do not allow a start:" + string.Concat(faults.Select(f => Environment.NewLine + "  " + f)))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}

/// <summary>Reads <c>SKYDRIVER_*</c> settings, noting every fault, so that one start shows them all.</summary>
public sealed class Settings(IConfiguration configuration)
{
    private readonly List<string> faults = [];

    /// <summary>Text that must be given unless there is a fallback.</summary>
    public string Text(string name, string? fallback = null)
    {
        if (Value(name) is { } value) return value;
        if (fallback is null) faults.Add($"{name} is not set; it must be.");
        return fallback ?? "";
    }

    public int Integer(string name, int fallback, int min, int max)
    {
        if (Value(name) is not { } value) return fallback;
        if (int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max) return number;
        return Fault(name, value, $"give a whole number from {min} to {max}", fallback);
    }

    public double Number(string name, double fallback, double min, double max)
    {
        if (Value(name) is not { } value) return fallback;
        if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= min && number <= max) return number;
        return Fault(name, value, string.Create(CultureInfo.InvariantCulture, $"give a number from {min} to {max}"), fallback);
    }

    /// <summary>A number with the unit <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>; seconds when there is none.</summary>
    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (Value(name) is not { } value) return fallback;
        if (TryParseDuration(value, out TimeSpan span) && span >= min && span <= max) return span;
        return Fault(name, value, string.Create(CultureInfo.InvariantCulture,
            $"give a time from {min.TotalSeconds} s to {max.TotalSeconds} s, such as 500ms, 30s, 5m or 2h"), fallback);
    }

    /// <summary><c>true</c> or <c>false</c>; false when not given.</summary>
    public bool Flag(string name)
    {
        if (Value(name) is { } value && value is not ("true" or "false")) faults.Add($"{name} is '{value}'; give 'true' or 'false'.");
        return Value(name) == "true";
    }

    /// <summary>Base address of a service, http or https.</summary>
    public Uri Address(string name)
    {
        string value = Text(name);
        if (Uri.TryCreate(value, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https") return address;
        return value == "" ? Nowhere : Fault(name, value, "give an address such as http://127.0.0.1:8080", Nowhere);
    }

    /// <summary>Notes a fault that only the reader of a setting can see.</summary>
    public void Refuse(string name, string reason) => faults.Add($"{name} {reason}.");

    /// <exception cref="SettingsException">Anything read so far was missing or wrong.</exception>
    public void ThrowIfFaulty()
    {
        if (faults.Count > 0) throw new SettingsException([.. faults]);
    }

    private static readonly Uri Nowhere = new("http://nowhere.invalid");

    private string? Value(string name) => configuration[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private T Fault<T>(string name, string value, string remedy, T fallback)
    {
        faults.Add($"{name} is '{value}'; {remedy}.");
        return fallback;
    }

    private static bool TryParseDuration(string text, out TimeSpan span)
    {
        int unitAt = text.Length;
        while (unitAt > 0 && char.IsAsciiLetter(text[unitAt - 1])) unitAt--;
        double seconds = text[unitAt..] switch { "ms" => 0.001, "" or "s" => 1, "m" => 60, "h" => 3600, _ => double.NaN };
        span = default;
        if (!double.TryParse(text[..unitAt], NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double number)) return false;
        double total = number * seconds;
        if (!(total >= 0 && total < TimeSpan.MaxValue.TotalSeconds / 2)) return false;
        span = TimeSpan.FromSeconds(total);
        return true;
    }
}
