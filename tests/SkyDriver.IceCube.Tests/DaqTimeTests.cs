namespace SkyDriver.IceCube.Tests;

public class DaqTimeTests
{
    [Theory]   // start of the Q headers of the two shared events, and the detector clock around two leap seconds
    [InlineData(2023, 290057040932242199, "2023-12-02T17:08:24.0932242199Z", 60280.71416774565)]
    [InlineData(2017, 287238391836015052, "2017-11-29T10:50:39.1836015052Z", 58086.45184240279)]
    [InlineData(2015, 156383990000000000, "2015-06-30T23:59:59.0000000000Z", 57203.999988425923)]
    [InlineData(2015, 156384005000000000, "2015-06-30T23:59:60.5000000000Z", 57204.00000578704)]
    [InlineData(2015, 156384010000000000, "2015-07-01T00:00:00.0000000000Z", 57204.0)]
    [InlineData(2016, 316224000000000001, "2016-12-31T23:59:60.0000000001Z", 57754.0)]
    [InlineData(2017, 0, "2017-01-01T00:00:00.0000000000Z", 57754.0)]
    public void UtcAndMjd_KnownTicks_Agree(int year, long ticks, string utc, double mjd)
    {
        var time = new DaqTime(year, ticks);
        Assert.Equal(utc, time.ToUtcText());
        Assert.Equal(mjd, time.Mjd, 1e-11);
    }

    [Theory]
    [InlineData(60280.71416774565)]
    [InlineData(57204.5)]
    [InlineData(57203.25)]
    [InlineData(54832.0)]
    public void FromMjd_ThereAndBack_AgreesToAMicrosecond(double mjd) =>
        Assert.Equal(mjd, DaqTime.FromMjd(mjd).Mjd, 1e-11);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(51544)]
    [InlineData(1e9)]
    public void FromMjd_OutsideTheDetectorsCentury_Throws(double mjd) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DaqTime.FromMjd(mjd));
}
