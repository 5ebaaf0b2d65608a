namespace SkyDriver.Scan.Tests;

/// <summary>Expected texts are what CPython 3.11 prints.</summary>
public sealed class PythonTextTests
{
    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(768.0, "768.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(1.5e15, "1500000000000000.0")]
    [InlineData(9007199254740993.0, "9007199254740992.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(1.2345678901234568e17, "1.2345678901234568e+17")]
    [InlineData(1e100, "1e+100")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(0.000012345, "1.2345e-05")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(-1.7976931348623157e308, "-1.7976931348623157e+308")]
    public void Float_Value_IsPythonsRepr(double value, string expected) => Assert.Equal(expected, PythonText.Float(value));

    [Theory]
    [InlineData(0.125, 2, "0.12")]
    [InlineData(0.375, 2, "0.38")]
    [InlineData(0.625, 2, "0.62")]
    [InlineData(0.005, 2, "0.01")]      // a little more than 0.005 in binary
    [InlineData(0.285, 2, "0.28")]      // a little less than 0.285 in binary
    [InlineData(1.0, 2, "1.00")]
    [InlineData(0.015625, 5, "0.01562")]
    [InlineData(0.046875, 5, "0.04688")]
    [InlineData(0.00033, 5, "0.00033")]
    public void Fixed_Ties_GoToTheEvenDigit(double value, int decimals, string expected) => Assert.Equal(expected, PythonText.Fixed(value, decimals));

    [Theory]
    [InlineData(0, "0:00:00")]
    [InlineData(424.9, "0:07:04")]
    [InlineData(86_399, "23:59:59")]
    [InlineData(86_400 + 7384, "1 day, 2:03:04")]
    [InlineData(2 * 86_400, "2 days, 0:00:00")]
    [InlineData(-0.9, "0:00:00")]
    [InlineData(-1, "-1 day, 23:59:59")]
    [InlineData(-86_401, "-2 days, 23:59:59")]
    [InlineData(double.NaN, "0:00:00")]
    public void Duration_Seconds_IsPythonsTimedelta(double seconds, string expected) => Assert.Equal(expected, PythonText.Duration(seconds));

    [Theory]
    [InlineData(1_700_000_000.9, "2023-11-14 22:13:20")]
    [InlineData(0, "1970-01-01 00:00:00")]
    [InlineData(1e300, "9999-12-31 23:59:59")]
    public void Clock_Seconds_IsUtc(double seconds, string expected) => Assert.Equal(expected, PythonText.Clock(seconds));
}
